/** Writes whole numbers as LEB128 (seven bits per byte, lowest first), and the bytes as base64url (RFC 4648 section 5). */
export class Writer {
  readonly #bytes: number[] = []

  get length(): number {
    return this.#bytes.length
  }

  /** Writes a whole number from 0 to 2^53. */
  number(value: number): this {
    let rest = value
    while (rest >= 128) {
      this.#bytes.push((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    this.#bytes.push(rest)
    return this
  }

  /** Writes a whole number of either sign: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
  signed(value: number): this {
    return this.number(zigzag(value))
  }

  /** Writes a whole number from 0 that may be missing. */
  maybe(value: number | undefined): this {
    return this.number(value === undefined ? 0 : value + 1)
  }

  text(): string {
    return btoa(String.fromCharCode(...this.#bytes, ...checksum(this.#bytes)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
  }
}

/** The text was cut short, changed, or not written by a {@link Writer}. */
export class Damaged extends Error {
  override name = 'Damaged'
}

/** Reads the text of a {@link Writer}. The constructor and every method throw {@link Damaged} for other text. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(text: string) {
    const bytes = decode(text)
    this.#bytes = bytes.subarray(0, -2)
    const [high, low] = checksum(this.#bytes)
    if (bytes.length < 2 || bytes.at(-2) !== high || bytes.at(-1) !== low) throw new Damaged()
  }

  /** @param max the largest valid number. */
  number(max: number): number {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || factor > 2 ** 42) throw new Damaged()
      value += (byte & 127) * factor
      if (byte < 128) break
      factor *= 128
    }
    if (value > max) throw new Damaged()
    return value
  }

  signed(max: number): number {
    return unzigzag(this.number(2 * max + 1))
  }

  maybe(max: number): number | undefined {
    const value = this.number(max + 1)
    return value === 0 ? undefined : value - 1
  }

  /** @throws Damaged when bytes are left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new Damaged()
  }
}

export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** Returns two bytes that change with a cut or a typing error (Fletcher's checksum, RFC 1146). */
function checksum(bytes: Iterable<number>): [number, number] {
  let low = 1
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % 255
    high = (high + low) % 255
  }
  return [high, low]
}

function decode(text: string): Uint8Array {
  if (!/^[\w-]*$/.test(text)) throw new Damaged()
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    throw new Damaged()
  }
}
