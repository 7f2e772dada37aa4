/** The injection token of the EventStore port; app.module.ts binds it to an adapter. */
export const EVENT_STORE = Symbol('EventStore');
