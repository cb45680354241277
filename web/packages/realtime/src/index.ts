/* The package's face: the client without a framework. `./browser` and `./react` stand beside it. */
export { RealtimeClient } from './client.ts';
export type { CheckInOptions, ClientEvents, ClientOptions, RequestOptions, SubscribeOptions, Warning, Who } from './client.ts';
export { CLOSE_CODES, closeAction, ERROR_CODES, errorFate } from './codes.ts';
export type { CloseAction, ErrorFate, LocalErrorCode, ServerErrorCode } from './codes.ts';
export { FollowCounts } from './follow.ts';
export type { ClosedReason, WaitReason } from './machine.ts';
export { isLiveEvent, parseEvent, parseMessage } from './messages.ts';
export type { LiveEvent, LogEvent, Member, Message, Note, Payload, ServerMessage, Stats } from './messages.ts';
export type { OutboxEntry, OutboxStorage } from './outbox.ts';
export { RequestError } from './requests.ts';
export type { Answer } from './requests.ts';
export type { Position, ResyncReason } from './resume.ts';
export type { ConnectionState } from './state.ts';
export { SignedOutError } from './surroundings.ts';
export type { Clock, Credentials, CredentialsProvider, Socket, SocketFactory, SocketHandlers, Surroundings } from './surroundings.ts';
export { socketUrl } from './url.ts';
