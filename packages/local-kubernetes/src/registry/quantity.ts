/** Resource quantities, such as `250m`, `1` and `64Mi`, to the extent that quotas need. */

const UNITS: Record<string, number> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** Returns the numeric value of a quantity; NaN for malformed text. */
export function quantityValue(text: string): number {
  const [, number, unit = ''] = /^([0-9.]+)([a-zA-Z]*)$/.exec(text) ?? []
  return Number(number) * (UNITS[unit] ?? Number.NaN)
}

/** Formats a number with the units of `like`: cpu in milli, memory in binary units. */
export function formatQuantity(value: number, like: string): string {
  if (/[KMGT]i$/.test(like)) {
    const unit = ['Ti', 'Gi', 'Mi', 'Ki'].find(
      (one) => value >= (UNITS[one] ?? 1) && value % (UNITS[one] ?? 1) === 0,
    )
    return unit ? `${value / (UNITS[unit] ?? 1)}${unit}` : String(value)
  }
  return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`
}
