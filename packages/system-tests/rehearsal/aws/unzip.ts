import { inflateRawSync } from 'node:zlib'

const END = 0x06054b50
const ENTRY = 0x02014b50
const STORED = 0
const DEFLATED = 8

/**
 * Returns the files of a zip archive by their names. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @throws Error for an archive without a central directory, or with a compression other than deflate.
 */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from(Uint32Array.of(END).buffer))
  if (end < 0) throw new Error('The code archive is not a zip file.')
  const files = new Map<string, Buffer>()
  let at = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new Error('The code archive has a broken directory.')
    const method = archive.readUInt16LE(at + 10)
    const bytes = archive.readUInt32LE(at + 20)
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
    const path = archive.toString('utf8', at + 46, at + 46 + name)
    const header = archive.readUInt32LE(at + 42)
    const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
    const data = archive.subarray(start, start + bytes)
    if (method !== STORED && method !== DEFLATED)
      throw new Error(`${path} is compressed by the unknown method ${method}.`)
    if (!path.endsWith('/')) files.set(path, method === DEFLATED ? inflateRawSync(data) : data)
    at += 46 + name + extra + comment
  }
  return files
}
