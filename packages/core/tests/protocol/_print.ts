/** `node packages/core/tests/protocol/_print.ts [--all]`: the size of each walk, and the shortest history that each guard prevents. */
import { explore } from './_explore.ts'
import { GUARDS, LARGE, SMALL } from './_scopes.ts'
import type { Guard } from './_world.ts'

const number = (n: number): string => n.toLocaleString('en').padStart(10)

console.log('    worlds      moves    at rest')
for (const { what, budget } of process.argv.includes('--all') ? [...SMALL, ...LARGE] : SMALL) {
  const { worlds, moves, atRest, broken } = explore(budget)
  console.log(
    `${number(worlds)} ${number(moves)} ${number(atRest)}  ${what}${broken ? `: ${broken.law}` : ''}`,
  )
}
for (const [guard, { budget }] of Object.entries(GUARDS)) {
  const { broken, worlds } = explore(budget, guard as Guard)
  console.log(`\nWithout "${guard}", after ${worlds.toLocaleString('en')} worlds:`)
  for (const [i, what] of (broken?.history ?? []).entries()) console.log(`  ${i + 1}. ${what}`)
  console.log(`  ✗ ${broken?.law}`)
}
