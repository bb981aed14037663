import { describe, expect, it } from 'vitest'
import { readWish } from './options.ts'

describe('what follows npm start --', () => {
  it('is nothing: the default port and folder', () => {
    expect(readWish([])).toEqual({ kind: 'start', port: 4400, data: undefined })
  })

  it.each([
    [['--port', '5000'], 5000],
    [['--port=5000'], 5000],
    [['--port', '1'], 1],
    [['--port', '65533'], 65533],
  ])('names a port: %j', (args, port) => {
    expect(readWish(args)).toMatchObject({ kind: 'start', port })
  })

  it('names a folder', () => {
    expect(readWish(['--data', 'x'])).toMatchObject({ kind: 'start', data: 'x' })
  })

  it('names a cluster, and what of it', () => {
    const whole = ['--context', 'kind-kind', '--apply', '--image', 'you/pod:1', '--kubeconfig', './config']
    expect(readWish(whole)).toMatchObject({
      cluster: { context: 'kind-kind', apply: true, image: 'you/pod:1', kubeconfig: './config' },
    })
    expect(readWish(['--context', 'x'])).toMatchObject({
      cluster: { context: 'x', apply: false, image: undefined, kubeconfig: undefined },
    })
  })

  it.each([[['--help']], [['-h']], [['--port', '1', '--help']]])('asks for help: %j', (args) => {
    expect(readWish(args)).toEqual({ kind: 'help' })
  })

  it.each([
    [['--porf', '5000'], 'There is no flag --porf'],
    [['-p', '5000'], 'There is no flag -p'],
    [['5000'], '"5000" is no flag'],
    [['--port'], '--port needs a number'],
    [['--data'], '--data needs a folder'],
    [['--port', 'abc'], 'got "abc"'],
    [['--port', '0'], 'got "0"'],
    [['--port=-1'], 'got "-1"'],
    [['--port', '65534'], 'got "65534"'],
    [['--port', '99999999999'], 'got "99999999999"'],
    [['--port', '4400.5'], 'got "4400.5"'],
    [['--port', '1e3'], 'got "1e3"'],
    [['--context'], '--context needs the name of a context'],
    [['--context='], '--context needs the name of a context'],
    [['--apply'], '--apply says something about a cluster'],
    [['--image', 'x'], '--image says something about a cluster'],
    [['--context', 'x', '--image'], '--image needs the name of an image'],
    [['--context', 'x', '--apply=no'], '--apply takes no value'],
    [['--port', '6000'], 'Browsers open no page on port 6000'],
  ])('is refused with what was expected: %j', (args, part) => {
    const wish = readWish(args)
    expect(wish.kind).toBe('refused')
    expect(wish).toMatchObject({ sentence: expect.stringContaining(part) })
    expect(wish).toMatchObject({ sentence: expect.stringContaining('npm start -- --port') })
  })
})
