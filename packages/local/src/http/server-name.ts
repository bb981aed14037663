/** The `Server` header of the dev server. Another `npm start` that finds the port busy recognises Warm Pods by it. */
export const SERVER_NAME = 'warm-pods'
