import { posthog } from 'posthog-js'
import type { Capture } from './capture.ts'

/** PostHog's own events that are sent: only that a page was opened. */
const OWN = ['$pageview']

/**
 * Starts PostHog for counting only: no cookies, no storage, no profile, no session recording, no script of theirs.
 * @param isOn called before each event, so that the switch works at once.
 */
export function startPosthog(
  key: string,
  host: string,
  names: readonly string[],
  isOn: () => boolean,
): Capture {
  const allowed = new Set([...OWN, ...names])
  posthog.init(key, {
    api_host: host,
    // These defaults cut fragments off addresses: a fragment may hold a shared recording.
    defaults: '2026-08-30',
    person_profiles: 'never',
    persistence: 'memory',
    autocapture: false,
    rageclick: false,
    capture_pageview: true,
    capture_pageleave: false,
    capture_performance: false,
    capture_heatmaps: false,
    capture_dead_clicks: false,
    capture_exceptions: false,
    disable_session_recording: true,
    disable_surveys: true,
    disable_product_tours: true,
    disable_conversations: true,
    disable_web_experiments: true,
    disable_external_dependency_loading: true,
    advanced_disable_flags: true,
    respect_dnt: true,
    save_referrer: false,
    save_campaign_params: false,
    internal_or_test_user_hostname: null,
    before_send: (event) => (event && isOn() && allowed.has(event.event) ? event : null),
  })
  return (name, props) => void posthog.capture(name, props)
}
