import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Removes `sourcesContent` from every source map in a bundle's folder. Stack traces need only file and line.
 * esbuild has an option for this, and SST does not pass it on.
 * @throws Error when a map cannot be read, parsed or written.
 */
export async function stripSourceMaps(folder: string): Promise<void> {
  const maps = (await readdir(folder)).filter((file) => file.endsWith('.map'))
  await Promise.all(
    maps.map(async (file) => {
      const path = join(folder, file)
      const { sourcesContent, ...map } = JSON.parse(await readFile(path, 'utf8'))
      await writeFile(path, JSON.stringify(map))
    }),
  )
}
