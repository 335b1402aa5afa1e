import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/**
 * The page can load nothing from elsewhere, run nothing that was not built, and put no string into a script sink:
 * Kit adds the nonces; Svelte and DOMPurify own the only policies that make HTML.
 */
const csp = {
  mode: 'nonce' as const,
  directives: {
    'default-src': ['none' as const],
    'script-src': ['self' as const],
    'style-src': ['self' as const],
    // The one style attribute of Kit's own page: it hides the element that tells a screen reader of a new page.
    'style-src-attr': [
      'unsafe-hashes' as const,
      'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo=' as const,
    ],
    'img-src': ['self' as const, 'data:' as const, 'blob:' as const],
    'font-src': ['self' as const],
    'connect-src': ['self' as const],
    // Previews of the sandbox, each under a host of its own.
    'frame-src': ['http://*.localhost:*' as const],
    'form-action': ['self' as const],
    'base-uri': ['none' as const],
    'frame-ancestors': ['none' as const],
    'require-trusted-types-for': ['script' as const],
    'trusted-types': ['svelte-trusted-html', 'dompurify'],
  },
};

/** `npm run dev` shows the page of these sources over the API of a server that `npm start` runs beside it. */
const server = {
  target: 'http://localhost:3210',
  changeOrigin: true,
  headers: { origin: 'http://localhost:3210' },
};

export default defineConfig({
  plugins: [tailwindcss(), sveltekit({ adapter: adapter({ precompress: true }), csp })],
  build: { target: 'es2023' },
  server: { proxy: { '/api': server, '/auth': server, '/healthz': server } },
});
