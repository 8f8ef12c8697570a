export { handingOn, systemTransport } from '../../resilience/transport.ts';
