/* Ids and times in the examples of the documentation; what executes them puts real ids in their place. */

export const USER_ID = '019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b';
export const TEAM_ID = '019aab5e-8d41-7f02-8c1d-2b3a4c5d6e7f';
export const GROUP_ID = '019aab5e-9e55-7a11-b2c3-d4e5f6a7b8c9';
export const TOKEN_ID = '019aab5e-1f60-7c3d-a4b5-c6d7e8f90a1b';
export const KEY_ID = '019aab5e-0a0b-7c0d-8e0f-102030405060';
export const CREATED_AT = '2026-11-22T12:00:00.000Z';
export const MODIFIED_AT = '2026-11-23T08:30:15.250Z';
