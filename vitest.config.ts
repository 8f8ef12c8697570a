import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['backend/test/**/*.test.ts'],
    testTimeout: 60_000,
    // A test that needs a debug namespace switches it on itself.
    env: { DEBUG: '' },
  },
});
