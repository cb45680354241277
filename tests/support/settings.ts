// The configuration keys that tests set, in one place: `footfall demo` takes each as --section.key=value.
export const settings = {
  authTimeout: (seconds: number) => `--limits.auth_timeout=${seconds}s`,
  closeTimeout: (seconds: number) => `--limits.close_timeout=${seconds}s`,
  requestTimeout: (seconds: number) => `--limits.request_timeout=${seconds}s`,
  heartbeatInterval: (seconds: number) => `--live.heartbeat_interval=${seconds}s`,
  repeatWindow: (seconds: number) => `--checkin.repeat_window=${seconds}s`,
  maxQueueBytes: (bytes: number) => `--limits.max_queue_bytes=${bytes}`,
  maxResumeEvents: (count: number) => `--live.max_resume_events=${count}`,
  urlToken: (on: boolean) => `--auth.url_token=${on}`,
  hosts: (names: string) => `--server.hosts=${names}`,
  publicUrl: (url: string) => `--server.public_url=${url}`,
  allowedOrigins: (origins: string) => `--server.allowed_origins=${origins}`,
};
