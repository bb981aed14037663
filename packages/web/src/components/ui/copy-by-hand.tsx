import { RECORDING } from '../../copy/recording.ts'

/** A text to copy by hand, after the browser did not let the page copy it. */
export function CopyByHand({ text }: { text: string }) {
  return (
    <label className="block text-sm text-muted-foreground">
      <span>{RECORDING.notCopied}</span>
      <textarea
        readOnly
        value={text}
        rows={3}
        className="mt-1 block w-full border bg-card p-2 font-mono text-xs text-foreground"
        onFocus={(event) => event.currentTarget.select()}
      />
    </label>
  )
}
