import { defineConfig } from "vitest/config";

// One process a file, two at a time: each file starts its own servers on free ports with data of their own.
const servers = { pool: "forks", fileParallelism: true, testTimeout: 30_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: "integration", include: ["integration/**/*.test.ts"], ...servers } },
      { test: { name: "conformance", include: ["conformance/**/*.test.ts"], ...servers } },
      { test: { name: "e2e", include: ["e2e/**/*.test.ts"], ...servers, fileParallelism: false, testTimeout: 90_000 } },
    ],
  },
});
