export { cleaner, masked } from '../../resilience/promptMask.ts';
