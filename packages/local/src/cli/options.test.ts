import { describe, expect, it } from 'vitest'
import { parseCliOptions } from './options.ts'

describe('the flags of npm start', () => {
  it('default to port 4400 and no data folder', () => {
    expect(parseCliOptions([])).toEqual({ kind: 'start', port: 4400, data: undefined })
  })

  it.each([
    [['--port', '5000'], 5000],
    [['--port=5000'], 5000],
    [['--port', '1'], 1],
    [['--port', '65533'], 65533],
  ])('set the port: %j', (args, port) => {
    expect(parseCliOptions(args)).toMatchObject({ kind: 'start', port })
  })

  it('set the data folder', () => {
    expect(parseCliOptions(['--data', 'x'])).toMatchObject({ kind: 'start', data: 'x' })
  })

  it('select a cluster by its context, with optional details', () => {
    const all = ['--context', 'kind-kind', '--apply', '--image', 'you/pod:1', '--kubeconfig', './config']
    expect(parseCliOptions(all)).toMatchObject({
      cluster: { context: 'kind-kind', apply: true, image: 'you/pod:1', kubeconfig: './config' },
    })
    expect(parseCliOptions(['--context', 'x'])).toMatchObject({
      cluster: { context: 'x', apply: false, image: undefined, kubeconfig: undefined },
    })
  })

  it.each([[['--help']], [['-h']], [['--port', '1', '--help']]])('ask for help: %j', (args) => {
    expect(parseCliOptions(args)).toEqual({ kind: 'help' })
  })

  it.each([
    [['--porf', '5000'], 'There is no flag --porf'],
    [['-p', '5000'], 'There is no flag -p'],
    [['5000'], 'got the argument "5000"'],
    [['--port'], '--port needs a number'],
    [['--data'], '--data needs a folder'],
    [['--data='], '--data needs a folder'],
    [['--port', 'abc'], 'got "abc"'],
    [['--port', '0'], 'got "0"'],
    [['--port=-1'], 'got "-1"'],
    [['--port', '65534'], 'got "65534"'],
    [['--port', '99999999999'], 'got "99999999999"'],
    [['--port', '4400.5'], 'got "4400.5"'],
    [['--port', '1e3'], 'got "1e3"'],
    [['--context'], '--context needs the name of a context'],
    [['--context='], '--context needs the name of a context'],
    [['--apply'], '--apply works only together with --context'],
    [['--image', 'x'], '--image works only together with --context'],
    [['--context', 'x', '--image'], '--image needs the name of an image'],
    [['--context', 'x', '--apply=no'], '--apply takes no value'],
    [['--port', '6000'], 'Browsers block port 6000'],
  ])('that are wrong give a message with the problem and an example: %j', (args, problem) => {
    const options = parseCliOptions(args)
    expect(options.kind).toBe('error')
    expect(options).toMatchObject({ message: expect.stringContaining(problem) })
    expect(options).toMatchObject({ message: expect.stringContaining('npm start -- --port') })
  })
})
