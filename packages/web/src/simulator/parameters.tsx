import type { Assumptions } from '@warm-pods/core/simulation/simulation.ts'
import { SIMULATION } from '../copy/simulation.ts'

interface Props {
  readonly assumptions: Assumptions
  readonly onChange: (changes: Partial<Assumptions>) => void
}

/** Start times scatter by this share (0..1) around their middle, like the measured 1.2 to 1.7 s. */
const SPREAD = 0.17

/** The assumptions of the simulation, each with a slider. */
export function Assumed({ assumptions, onChange }: Props) {
  const { startFromMs, startToMs, roundTripMs, scatterMs, othersPerMinute } = assumptions
  const startMs = (startFromMs + startToMs) / 2
  return (
    <section aria-labelledby="assumed">
      <h2 id="assumed" className="eyebrow text-foreground">
        {SIMULATION.assumptions}
      </h2>
      <Slider
        label={SIMULATION.start}
        value={startMs / 1_000}
        text={`${(startMs / 1_000).toFixed(1)} s`}
        note={SIMULATION.startMeans}
        range={[0.2, 20, 0.05]}
        onChange={(seconds) =>
          onChange({
            startFromMs: seconds * 1_000 * (1 - SPREAD),
            startToMs: seconds * 1_000 * (1 + SPREAD),
          })
        }
      />
      <Slider
        label={SIMULATION.roundTrip}
        value={roundTripMs}
        text={`${roundTripMs} ms`}
        range={[1, 400, 1]}
        onChange={(ms) => onChange({ roundTripMs: ms })}
      />
      <Slider
        label={SIMULATION.scatter}
        value={scatterMs}
        text={`${scatterMs} ms`}
        range={[0, 200, 1]}
        onChange={(ms) => onChange({ scatterMs: ms })}
      />
      <Slider
        label={SIMULATION.others}
        value={othersPerMinute}
        text={String(othersPerMinute)}
        range={[0, 60, 1]}
        onChange={(count) => onChange({ othersPerMinute: count })}
      />
      <p className="pt-2">{SIMULATION.backOff}</p>
    </section>
  )
}

interface SliderProps {
  readonly label: string
  readonly value: number
  readonly text: string
  readonly note?: string
  /** Lowest, highest, step. */
  readonly range: readonly [number, number, number]
  readonly onChange: (value: number) => void
}

function Slider({ label, value, text, note, range: [min, max, step], onChange }: SliderProps) {
  return (
    <label className="grid min-h-11 grid-cols-[1fr_4rem] items-center sm:grid-cols-[10rem_1fr_4rem] gap-x-3">
      <span>{label}</span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={text}
        className="h-11 w-full accent-foreground max-sm:order-last max-sm:col-span-full"
        onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
      <span className="text-right tabular-nums text-foreground">{text}</span>
      {note && <span className="col-span-full -mt-2 text-xs max-sm:mt-0">{note}</span>}
    </label>
  )
}
