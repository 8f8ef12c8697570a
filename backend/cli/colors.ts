import pc from 'picocolors';

/** Colours, or none, for one stream. */
export type Colors = ReturnType<typeof pc.createColors>;

/** What is asked of a stream before it is written to. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Is the variable set to something? An empty text counts as unset (no-color.org). */
const isSet = (name: string): boolean => (process.env[name] ?? '') !== '';

/** Colours for one stream: stdout may be a file while stderr is a terminal. */
export function colorsFor({ isTTY = false }: Screen): Colors {
  const forced = process.env['FORCE_COLOR'] ?? '';
  const refused = isSet('NO_COLOR') || forced === '0' || forced === 'false';
  return pc.createColors(!refused && (forced !== '' || (isTTY && process.env['TERM'] !== 'dumb')));
}
