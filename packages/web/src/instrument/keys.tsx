import { KEYS } from '../copy/chapters.ts'

/** The keys of the instrument, shown on request. */
export default function Keys() {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t px-4 py-3 text-sm">
      {KEYS.map(([key, does]) => (
        <div key={key} className="contents">
          <dt className="font-mono">{key}</dt>
          <dd className="text-muted-foreground">{does}</dd>
        </div>
      ))}
    </dl>
  )
}
