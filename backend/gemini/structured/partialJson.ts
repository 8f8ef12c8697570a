import { JsonBuilder } from './jsonBuilder.ts';
import { JsonText } from './jsonText.ts';
import type { SchemaShape } from './schemaShape.ts';

/** Where in the text it is. `skip`: before the value, or after it, or past what cannot be read. */
type State = 'skip' | 'value' | 'first-item' | 'first-name' | 'name' | 'colon' | 'after' | 'text' | 'word';

const wordEnd = /[\s,\]}]/;

/** Reads JSON as it comes, in pieces cut anywhere, and shows the value as far as it is. Every character is read once. */
export class PartialJson {
  readonly #builder: JsonBuilder;
  readonly #opening: string;
  #state: State = 'skip';
  #isOver = false;
  /** The number, flag or null under way. */
  #word = '';
  #text = new JsonText();
  #isName = false;

  /** @param shape what the value has to be */
  constructor(shape: SchemaShape) {
    this.#builder = new JsonBuilder(shape);
    this.#opening = `${shape.allows('object') ? '{' : ''}${shape.allows('array') ? '[' : ''}`;
  }

  /** Reads the next piece. What stands before and after the value, as a fence does, is passed over. */
  write(piece: string): void {
    this.#builder.count(piece.length);
    for (let at = 0; at < piece.length && !this.#isOver; ) {
      at = this.#state === 'text' ? this.#readText(piece, at) : this.#readOne(piece, at);
    }
  }

  /** The value so far, which nothing changes any more; undefined where nothing new is to be shown. */
  snapshot(): { readonly value: unknown } | undefined {
    if (!this.#builder.fits) return undefined;
    const isText = this.#state === 'text' && !this.#isName;
    return this.#builder.snapshot(isText ? this.#text.text : undefined);
  }

  /** Reads on in a text. The place after what was read. */
  #readText(piece: string, start: number): number {
    const { at, isOver, isBroken } = this.#text.read(piece, start);
    if (isBroken) this.#stop();
    else if (isOver && this.#isName) {
      this.#builder.name(this.#text.whole);
      this.#state = 'colon';
    } else if (isOver) {
      this.#builder.value(this.#text.whole);
      this.#closed();
    }
    return at;
  }

  #readOne(piece: string, at: number): number {
    const character = piece.charAt(at);
    if (this.#state === 'word' && wordEnd.test(character)) this.#endWord();
    if (this.#isOver) return at;
    if (this.#state === 'word') this.#word += character;
    else if (this.#state === 'skip') {
      if (this.#opening.includes(character)) this.#begin(character);
    } else if (!/\s/.test(character)) this.#readMark(character);
    return at + 1;
  }

  #readMark(character: string): void {
    const state = this.#state;
    if (character === '}' && (state === 'first-name' || (state === 'after' && this.#builder.isInObject))) this.#end();
    else if (character === ']' && (state === 'first-item' || (state === 'after' && !this.#builder.isInObject)))
      this.#end();
    else if (state === 'after' && character === ',') this.#state = this.#builder.isInObject ? 'name' : 'value';
    else if (state === 'colon' && character === ':') this.#state = 'value';
    else if (state === 'name' || state === 'first-name') character === '"' ? this.#beginText(true) : this.#stop();
    else if (state === 'value' || state === 'first-item') this.#begin(character);
    else this.#stop();
  }

  #begin(character: string): void {
    if (character === '{') {
      this.#builder.begin({});
      this.#state = 'first-name';
    } else if (character === '[') {
      this.#builder.begin([]);
      this.#state = 'first-item';
    } else if (character === '"') this.#beginText(false);
    else {
      this.#word = character;
      this.#state = 'word';
    }
    if (!this.#builder.fits) this.#stop();
  }

  #beginText(isName: boolean): void {
    this.#text = new JsonText();
    this.#isName = isName;
    this.#state = 'text';
  }

  #endWord(): void {
    try {
      this.#builder.value(JSON.parse(this.#word));
      this.#closed();
    } catch {
      this.#stop();
    }
  }

  #end(): void {
    this.#builder.end();
    this.#closed();
  }

  #closed(): void {
    if (this.#builder.depth === 0 || !this.#builder.fits) this.#stop();
    else this.#state = 'after';
  }

  /** The value is whole, or cannot be read any further: what it is then is for the whole text to say. */
  #stop(): void {
    this.#state = 'skip';
    this.#isOver = true;
  }
}
