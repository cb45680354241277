/* Shows what happens at all locations of a server, and checks one member in:
 *
 *     npm run example -- http://127.0.0.1:8000 TOKEN [MEMBER_ID [LOCATION]]
 *
 * Stop the server and start it again meanwhile: it comes back by itself and shows what was missed. */
import { WebSocket } from 'ws';
import { isLiveEvent, RealtimeClient, socketUrl } from '../src/index.ts';
import { strongRandom, systemClock, webSocketFactory, type WebSocketLike } from '../src/browser/index.ts';

const [server = 'http://127.0.0.1:8000', token = '', member, location] = process.argv.slice(2);

const client = new RealtimeClient(
  {
    openSocket: webSocketFactory((url) => new WebSocket(url) as WebSocketLike),
    url: (ticket) => socketUrl(server, ticket),
    clock: systemClock,
    random: strongRandom,
  },
  { locations: '*' },
);

client.on('state', ({ name, why }) => console.log(name, why ?? ''));
client.on('event', (event) => {
  if (isLiveEvent(event)) {
    console.log(event.payload.location, event.payload.seq, event.type, event.payload.member?.name ?? '');
  }
});
client.on('resync', ({ location: lost }) => client.subscribe([lost])); // an app fetches the snapshot first

client.connect(token);
if (member !== undefined) {
  client.checkIn(member, location).then(
    (answer) => console.log('checked in:', answer.member.name, 'visit', answer.visit_id),
    (error: unknown) => console.log('refused:', String(error)),
  );
}
