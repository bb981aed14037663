/** Readable names in a printed history: first names for session ids, and shortened uids. */
const FIRST =
  'ada ben cleo dan eve finn gia hugo ida jon kim leo mia ned ola pia quin ravi sue tom una vic wes xia yan zoe'.split(
    ' ',
  )

export class Names {
  readonly #of = new Map<string, string>()

  /** Returns the first name of a session's visitor, in order of first use: ada, ben, cleo, … */
  visitor(sessionId: string): string {
    const known = this.#of.get(sessionId)
    if (known !== undefined) return known
    const n = this.#of.size
    const name = `${FIRST[n % FIRST.length]}${n < FIRST.length ? '' : Math.floor(n / FIRST.length) + 1}`
    this.#of.set(sessionId, name)
    return name
  }

  /** Replaces session ids by names, and uids by their first characters. */
  readable(line: string): string {
    let text = line
    for (const [id, name] of this.#of) text = text.replaceAll(id, name)
    return text
      .replaceAll(/([0-9a-f]{8})-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}/g, '$1')
      .replaceAll(/([0-9a-f]{8})[0-9a-f]{24}/g, '$1')
  }
}
