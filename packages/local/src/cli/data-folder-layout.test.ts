import { expect, it } from 'vitest'
import { folderSentence } from './data-folder-layout.ts'

it.each([
  ['EROFS', 'it is on a read-only file system'],
  ['EACCES', 'this user may not write there'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['EWEIRD', 'it cannot be used (EWEIRD)'],
])('says why a folder cannot be used, and what to do: %s', (code, why) => {
  const sentence = folderSentence('/data', Object.assign(new Error('no'), { code }))
  expect(sentence).toContain('/data')
  expect(sentence).toContain(why)
  expect(sentence).toContain('--data <folder>')
})
