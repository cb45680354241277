/* The client in React. */
export { useConnection, useEvents, useFollow, useFootfall, useListener, useOnline, useWaiting } from './hooks.ts';
export { FootfallProvider } from './provider.tsx';
export type { FootfallProviderProps } from './provider.tsx';
