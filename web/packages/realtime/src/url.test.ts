import { describe, expect, test } from 'vitest';
import { socketUrl } from './url.ts';

describe('the socket has the scheme and the host of the page', () => {
  test.each([
    [{ protocol: 'http:', host: '127.0.0.1:8000' }, 'ws://127.0.0.1:8000/ws/checkins/'],
    [{ protocol: 'https:', host: 'gym.example' }, 'wss://gym.example/ws/checkins/'],
    [{ protocol: 'https:', host: '[::1]:8443' }, 'wss://[::1]:8443/ws/checkins/'],
    ['http://desk.lan:8000/some/page?x=1#y', 'ws://desk.lan:8000/ws/checkins/'],
    ['https://gym.example/', 'wss://gym.example/ws/checkins/'],
    ['wss://gym.example', 'wss://gym.example/ws/checkins/'],
  ])('%o', (page, url) => {
    expect(socketUrl(page)).toBe(url);
  });
});

test('a ticket is written so that none of its characters mean anything', () => {
  expect(socketUrl('http://gym.lan', 'a+b/c=&token=x')).toBe('ws://gym.lan/ws/checkins/?ticket=a%2Bb%2Fc%3D%26token%3Dx');
});

test.each(['file:///home/x.html', 'about:blank', 'nonsense'])('from %s there is no server', (page) => {
  expect(() => socketUrl(page)).toThrow();
});
