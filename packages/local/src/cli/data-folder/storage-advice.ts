import { displayPath } from '../output/display-path.ts'
import type { DataFolderLayout } from './layout.ts'

/**
 * @param failure the message of a failed service, with the words of LevelDB or the name of a system error in it.
 * @param from the user's current folder, absolute. Printed paths are relative to it.
 * @returns advice to the user and the extent of the loss, as sentences with a space at the end. Empty when the failure has
 *   another cause than the disk or the tables.
 */
export function storageAdvice(
  failure: string,
  { compiled, logs, tables }: Pick<DataFolderLayout, 'compiled' | 'logs' | 'tables'>,
  from: string,
): string {
  const show = (path: string) => displayPath(from, path)
  if (/ENOSPC|EDQUOT|no space left on device|quota exceeded/i.test(failure))
    return `The disk is full. Free some space and start again. Safe to delete: ${show(compiled)} and ${show(logs)}. Rows that were written before the disk was full are kept. `
  if (/EMFILE|ENFILE|too many open files|file table overflow/i.test(failure))
    return 'Too many files are open. Raise the limit (ulimit -n 4096) or end other programs, then start again. No row is lost. '
  if (!/LevelDB|IO error: |Corruption: /.test(failure)) return ''
  if (/already held by process|Resource temporarily unavailable/i.test(failure))
    return 'Another process has the tables open. Wait until the last instance has ended, then start again. '
  if (/permission denied|EACCES|EPERM|read-only|EROFS/i.test(failure))
    return `This user may not write to ${show(tables)}. Make it writable and start again. No row is lost. `
  if (/input\/output error|cannot allocate memory/i.test(failure))
    return `The system could not read ${show(tables)}: check the disk and the free memory, then start again. `
  return `Delete ${show(tables)} and start again: the next start creates two new tables. The sessions and the statistics of earlier starts are then lost, and nothing else. `
}
