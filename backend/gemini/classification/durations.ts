export { clampMs, durationMs, protoDurationMs } from '../../resilience/durations.ts';
