/* What watches the server asks: is it alive, can it take check-ins, how does it do. */
#include "api/api.h"

#include "base/clock.h"

ON_LOOP static void answer_health(struct exchange *exchange, const char *status)
{
    OWNED(buf) struct buf body = buf_of(256);
    struct json json = jw_to(&body);
    jw_object(&json, NULL);
    jw_str(&json, "status", str_c(status));
    jw_str(&json, "version", STR(FOOTFALL_VERSION));
    jw_object_end(&json);
    if (jw_end_all(&json) < 0) exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    else exchange_respond_json(exchange, 200, &body);
}

void healthz_get(struct exchange *exchange) { answer_health(exchange, "ok"); }

/* A write that changes nothing: it has to get the lock, and to commit. */
static int probe(struct sql *sql, struct exchange *exchange)
{
    (void)exchange;
    return sql_run(sql, "UPDATE meta SET version = version WHERE id = 1", SQL_NO_VALUES, NULL, NULL);
}

ON_LOOP static void probed(struct exchange *exchange)
{
    if (exchange->result == 0) answer_health(exchange, "ready");
    else exchange_fail(exchange, CODE_UNAVAILABLE, STR("The database cannot be written now"));
}

void readyz_get(struct exchange *exchange)
{
    if (exchange_is_draining(exchange)) {
        exchange_fail(exchange, CODE_UNAVAILABLE, STR("The server is about to restart"));
    } else {
        exchange_write(exchange, probe, probed);
    }
}

static int put_metric(struct buf *out, const char *name, const char *type, const char *help, int64_t value)
{
    return buf_printf(out, "# HELP footfall_%s %s\n# TYPE footfall_%s %s\nfootfall_%s %lld\n", name, help,
                      name, type, name, (long long)value);
}

static int put_metrics(struct buf *out, const struct server_counts *counts)
{
    TRY(put_metric(out, "connections", "gauge", "Open TCP connections", counts->connections));
    TRY(put_metric(out, "sockets", "gauge", "Open WebSocket connections", counts->sockets));
    TRY(put_metric(out, "sockets_authenticated", "gauge", "WebSocket connections that are signed in",
                   counts->authenticated));
    TRY(put_metric(out, "connections_accepted_total", "counter", "TCP connections accepted",
                   counts->accepted));
    TRY(put_metric(out, "http_requests_total", "counter", "HTTP requests", counts->requests));
    TRY(put_metric(out, "messages_received_total", "counter", "Text messages from clients",
                   counts->messages_in));
    TRY(put_metric(out, "events_delivered_total", "counter", "Events put into connections' queues",
                   counts->events_delivered));
    TRY(put_metric(out, "resyncs_total", "counter", "resync_required sent", counts->resyncs));
    TRY(put_metric(out, "slow_closed_total", "counter", "Connections closed with 4413", counts->slow_closed));
    TRY(put_metric(out, "replay_reads_total", "counter",
                   "Pages of the log read for a client that resumes further back than memory reaches",
                   counts->replay_reads));
    TRY(put_metric(out, "silent_closed_total", "counter", "Connections closed with 4408",
                   counts->silent_closed));
    TRY(put_metric(out, "batches_total", "counter", "Transactions of the writer", counts->batches));
    TRY(put_metric(out, "commands_total", "counter", "Check-ins, check-outs and corrections judged",
                   counts->commands));
    TRY(put_metric(out, "events_total", "counter", "Events written to the logs", counts->events));
    TRY(put_metric(out, "batch_failures_total", "counter", "Transactions that could not be saved",
                   counts->failures));
    return put_metric(out, "commands_waiting", "gauge", "Commands that wait for the writer",
                      counts->asks_waiting);
}

void metrics_get(struct exchange *exchange)
{
    struct server_counts counts;
    server_counts(exchange->server, &counts);
    struct http_response response = http_response_of(200);
    http_put_content_type(&response, "text/plain; version=0.0.4; charset=utf-8");
    int rc = put_metrics(&response.body, &counts);
    if (rc < 0) response.failed = rc;
    exchange_respond(exchange, &response);
}
