/* The example of the README, as a process of its own, over real sockets and in real time, against the fake server. */
import { spawn } from 'node:child_process';
import { WebSocketServer } from 'ws';
import { expect, test } from 'vitest';
import { systemClock } from '../src/browser/surroundings.ts';
import { FakeServer } from '../testing/index.ts';

/** Carries each connection over to the fake server. */
async function listen(fake: FakeServer): Promise<WebSocketServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (peer, { url }) => {
    const socket = fake.openSocket(`ws://fake${url ?? ''}`, {
      opened: () => undefined,
      message: (text) => peer.send(text),
      closed: (code, reason) => (code === 1006 ? peer.terminate() : peer.close(code, reason)),
    });
    peer.on('message', (data) => socket.send(String(data)));
    peer.on('close', () => socket.close(1000));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

test('watch.ts shows what happens, comes back after a cut and shows what it missed', { timeout: 30_000 }, async () => {
  const fake = new FakeServer(systemClock);
  const server = await listen(fake);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const example = spawn(process.execPath, ['--import', 'tsx', 'examples/watch.ts', `http://127.0.0.1:${port}`, fake.token(), '17', 'main']);
  let output = '';
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.includes(text) && resolve();
      example.stdout.on('data', look);
      example.once('exit', () => reject(new Error(`it ended without saying "${text}": ${output}`)));
      look();
    });
  for (const stream of [example.stdout, example.stderr]) {
    stream.on('data', (data) => (output += String(data)));
  }
  try {
    await said('checked in: Member 17 visit 1');
    await said('main 1 member_checked_in Member 17');
    fake.cut();
    fake.checkInElsewhere(18, 'main');
    await said('main 2 member_checked_in Member 18');
    expect(output.match(/main 1 /g)).toHaveLength(1);
  } finally {
    example.kill();
    server.close();
  }
});
