import { describe, expect, it } from 'vitest'
import { parseTopOptions } from './options.ts'

const parse = (text: string) => parseTopOptions(text.split(' ').filter(Boolean), '/home/ada')

describe('the flags of npm run top', () => {
  it('name this folder, another one, a context or a stage', () => {
    expect(parse('')).toMatchObject({ place: { kind: 'local' } })
    expect(parse('--data wp')).toMatchObject({ place: { kind: 'local', data: '/home/ada/wp' } })
    expect(parse('--context kind-kind --kubeconfig c')).toMatchObject({
      place: { kind: 'context', context: 'kind-kind', kubeconfig: 'c' },
    })
    expect(parse('--stage production --region eu-west-1 --session 0a1b')).toMatchObject({
      place: { kind: 'stage', stage: 'production', region: 'eu-west-1' },
      session: '0a1b',
    })
    expect(parse('--stage production -h')).toEqual({ kind: 'help' })
  })

  it.each([
    ['--foo', 'There is no flag --foo'],
    ['production', 'Expected flags only, got the argument "production"'],
    ['--stage', '--stage needs a value'],
    ['--stage a --context b', '--stage and --context exclude each other'],
    ['--stage ../x', 'Expected --stage to be the name of a stage, such as production, got "../x"'],
    ['--stage a --data b', '--data does not work together with --stage'],
    ['--region eu-west-1', '--region works only together with --stage <name>'],
    ['--context a --cluster b', '--cluster works only together with --stage <name>'],
    ['--kubeconfig a', '--kubeconfig works only together with --context <name>'],
    ['--session XYZ', "Expected --session to be the first 4 to 32 characters of a session's id"],
  ])('are refused with a sentence: %s', (text, message) => {
    expect(parse(text)).toEqual({ kind: 'error', message: expect.stringContaining(message) })
  })
})
