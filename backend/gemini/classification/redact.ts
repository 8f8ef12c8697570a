export { redact } from '../../resilience/redact.ts';
