import type { Kind, SchemaShape } from './schemaShape.ts';

interface Open {
  readonly container: Record<string, unknown> | unknown[];
  readonly shape: SchemaShape;
  /** How many values it holds. */
  size: number;
  /** Under which name the next value goes, in an object. */
  key: string | undefined;
}

/** Gives an object a property of any name: `__proto__` is one like the others. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** A snapshot copies the lists and objects that are still open; so many of their values are worth a character that came. */
const copiesPerCharacter = 16;

/** Builds a value in the order in which its text comes, and shows how far it is. What is closed is never touched again. */
export class JsonBuilder {
  /** Does everything so far have the types that the schema wants? */
  fits = true;
  #root: unknown;
  readonly #open: Open[] = [];
  readonly #shape: SchemaShape;
  #news = 0;
  #changed = false;
  /** The text still being written, as it was shown last. */
  #shown: string | undefined;

  constructor(shape: SchemaShape) {
    this.#shape = shape;
  }

  /** How many objects and lists are open. */
  get depth(): number {
    return this.#open.length;
  }

  get isInObject(): boolean {
    const top = this.#open.at(-1);
    return top !== undefined && !Array.isArray(top.container);
  }

  /** Begins an object or a list. */
  begin(container: Record<string, unknown> | unknown[]): void {
    const shape = this.#placed(Array.isArray(container) ? 'array' : 'object', container);
    if (shape !== undefined) this.#open.push({ container, shape, size: 0, key: undefined });
    this.#changed = true;
    this.#shown = undefined;
  }

  /** Ends the object or list that was begun last. */
  end(): void {
    this.#open.pop();
  }

  /** The name of the property whose value comes next. */
  name(key: string): void {
    const top = this.#open.at(-1);
    if (top !== undefined) top.key = key;
  }

  /** A whole text, number, flag or null. */
  value(value: unknown): void {
    const kind = (value === null ? 'null' : typeof value) as Kind;
    const shape = this.#placed(kind, value);
    if (shape !== undefined && !shape.accepts(kind, value)) this.fits = false;
    // A text that was shown to its last character is nothing new when it ends.
    if (value !== this.#shown) this.#changed = true;
    this.#shown = undefined;
  }

  /** How many characters have come since it was last asked. */
  count(characters: number): void {
    this.#news += characters;
  }

  /**
   * The value so far, with the text that is still being written, which later changes leave as it is; undefined where there is
   * nothing new, or too little of it to be worth a copy: all copies together cost no more than reading the text.
   */
  snapshot(text: string | undefined): { readonly value: unknown } | undefined {
    const shown = text !== undefined && this.#shapeOfNext()?.growsText ? text : undefined;
    if (!this.fits || this.#root === undefined || (!this.#changed && shown === this.#shown)) return undefined;
    const cost = this.#open.reduce((sum, { size }) => sum + size, 0);
    if (cost > this.#news * copiesPerCharacter) return undefined;
    this.#news = 0;
    this.#changed = false;
    this.#shown = shown;
    return { value: this.#copied(shown) };
  }

  #copied(text: string | undefined): unknown {
    let inner: unknown = text;
    for (const { container, key } of this.#open.toReversed()) {
      if (Array.isArray(container)) {
        // What is open inside is the last item already; a text is not one yet.
        const items = inner === text ? [...container] : container.slice(0, -1);
        inner = inner === undefined ? items : [...items, inner];
      } else {
        const copy = { ...container };
        if (inner !== undefined && key !== undefined) put(copy, key, inner);
        inner = copy;
      }
    }
    return inner ?? this.#root;
  }

  #shapeOfNext(): SchemaShape | undefined {
    const top = this.#open.at(-1);
    if (top === undefined) return this.#shape;
    return Array.isArray(top.container) ? top.shape.item(top.container.length) : top.shape.property(top.key ?? '');
  }

  /** Puts a value where it belongs. Its shape; undefined where there may be none. */
  #placed(kind: Kind, value: unknown): SchemaShape | undefined {
    const shape = this.#shapeOfNext();
    if (!shape?.allows(kind)) this.fits = false;
    const top = this.#open.at(-1);
    if (top === undefined) this.#root = value;
    else {
      top.size += 1;
      if (Array.isArray(top.container)) top.container.push(value);
      else put(top.container, top.key ?? '', value);
    }
    return this.fits ? shape : undefined;
  }
}
