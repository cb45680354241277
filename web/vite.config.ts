import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where a server runs while the pages are worked on: `build/footfall demo`. */
const server = process.env.FOOTFALL_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: { '@': new URL('./src', import.meta.url).pathname },
    // One React and one zod, also where packages/realtime was installed by itself.
    dedupe: ['react', 'react-dom', 'zod'],
  },
  // The server puts each response's nonce in the place of this word (index.html is a template to it).
  html: { cspNonce: 'FOOTFALL_CSP_NONCE' },
  // Nothing is inlined as data: the CSP lets fonts come from the server alone. All that the desk needs is one chunk of some 580 kB (180 packed).
  build: { assetsInlineLimit: 0, target: 'es2022', chunkSizeWarningLimit: 700 },
  server: { proxy: { '/api': server, '/ws': { target: server, ws: true } } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['./src/testing/setup.ts'],
    clearMocks: true,
    restoreMocks: true,
  },
});
