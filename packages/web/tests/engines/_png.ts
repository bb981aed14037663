import { inflateSync } from 'node:zlib'

/** A picture with 8 bits for each channel, row by row. */
export interface Picture {
  readonly width: number
  readonly height: number
  /** 3: red, green, blue. 4: with opacity. */
  readonly channels: 3 | 4
  readonly bytes: Uint8Array
}

const SIGNATURE_BYTES = 8
const RGB = 2
const RGBA = 6

/**
 * Decodes the PNG of a screenshot: https://www.w3.org/TR/png-3/. WebKit does not decode it in a page, not even in an empty one.
 * @throws Error for a PNG with a palette, interlacing, or other than 8 bits, which no browser writes.
 */
export function decodePng(png: Buffer): Picture {
  const parts: Buffer[] = []
  let header: Buffer = Buffer.alloc(0)
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const content = png.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') header = content
    if (type === 'IDAT') parts.push(content)
    at += length + 12
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const [depth, colour, interlacing] = [header[8], header[9], header[12]]
  if (depth !== 8 || (colour !== RGB && colour !== RGBA) || interlacing !== 0)
    throw new Error(`This PNG has depth ${depth}, colour type ${colour} and interlacing ${interlacing}.`)
  const channels = colour === RGB ? 3 : 4
  return {
    width,
    height,
    channels,
    bytes: unfiltered(inflateSync(Buffer.concat(parts)), width * channels, channels),
  }
}

/** Section 9 of the specification: each row begins with the number of its filter. */
function unfiltered(filtered: Uint8Array, rowBytes: number, pixelBytes: number): Uint8Array {
  const rows = filtered.length / (rowBytes + 1)
  const bytes = new Uint8Array(rows * rowBytes)
  for (let row = 0; row < rows; row++) {
    const filter = filtered[row * (rowBytes + 1)]
    for (let column = 0; column < rowBytes; column++) {
      const at = row * rowBytes + column
      const left = column < pixelBytes ? 0 : (bytes[at - pixelBytes] ?? 0)
      const above = bytes[at - rowBytes] ?? 0
      const corner = column < pixelBytes ? 0 : (bytes[at - rowBytes - pixelBytes] ?? 0)
      const raw = filtered[row * (rowBytes + 1) + 1 + column] ?? 0
      bytes[at] = raw + predicted(filter, left, above, corner)
    }
  }
  return bytes
}

function predicted(filter: number | undefined, left: number, above: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return above
    case 3:
      return Math.floor((left + above) / 2)
    case 4:
      return paeth(left, above, corner)
    default:
      throw new Error(`There is no PNG filter ${filter}.`)
  }
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) => Math.abs(estimate - value)) as [
    number,
    number,
    number,
  ]
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}
