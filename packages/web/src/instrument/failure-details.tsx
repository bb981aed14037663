import { FAILURE } from '../copy/path.ts'
import { copyText } from '../lib/copy-text.ts'
import { BLANK } from '../lib/format.ts'

/** The request id to report, and when the API last answered. */
export function FailureDetails({
  requestId,
  lastWorkedMs,
}: {
  requestId: string | undefined
  lastWorkedMs: number | undefined
}) {
  const worked = FAILURE.worked(lastWorkedMs === undefined ? undefined : Date.now() - lastWorkedMs)
  return (
    <>
      <span>{`${FAILURE.requestId} `}</span>
      {requestId ? (
        <button
          type="button"
          translate="no"
          className="font-mono text-[0.9em] underline underline-offset-4"
          title={FAILURE.copyRequestId}
          onClick={() => void copyText(requestId)}
        >
          {requestId}
        </button>
      ) : (
        <span>{BLANK}</span>
      )}
      <span>{`, ${worked}.`}</span>
    </>
  )
}
