export * from './api-token.js';
export * from './body-signature.js';
export * from './endpoint-secret.js';
export * from './secret-box.js';
export * from './secret-fingerprint.js';
export * from './signing-secrets.js';
export * from './standard-webhooks.js';
export * from './webhook-headers.js';
