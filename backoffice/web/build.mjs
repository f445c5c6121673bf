// Builds the dashboard into ../wwwroot: hashed names, each text also as brotli and gzip, and the licences of what is bundled.
//   node build.mjs [project.assets.json]     the NuGet packages of the program, for the licences
import { build } from 'esbuild';
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { licences } from './licences.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'wwwroot');
// Beside the target, so that the last step is a rename: a build that fails leaves the old page whole.
const fresh = `${target}.${process.pid}.tmp`;
const texts = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt']);

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  write: true,
  logLevel: 'warning',
  charset: 'utf8',
  // Their texts are on the about page.
  legalComments: 'none',
  target: ['chrome100', 'firefox100', 'safari15.4'],
  outdir: join(fresh, 'assets'),
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
};

const entryOf = (meta, source) => {
  const [path] = Object.entries(meta.outputs).find(([, output]) => output.entryPoint === source) ?? [];
  if (!path) throw new Error(`no output of ${source}`);
  return basename(path);
};

async function bundle() {
  const app = await build({
    ...common,
    entryPoints: ['src/main.tsx'],
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  // In the head and blocking, because a theme that comes late is a flash.
  const theme = await build({ ...common, entryPoints: ['src/theme.ts'], format: 'iife' });
  const style = await build({ ...common, entryPoints: ['src/styles/index.css'], loader: { '.woff2': 'file' } });
  const main = Object.values(app.metafile.outputs).find(output => output.entryPoint === 'src/main.tsx');
  const first = main.imports.filter(i => i.kind === 'import-statement').map(i => basename(i.path));
  const fonts = Object.keys(style.metafile.outputs)
    .map(path => basename(path))
    .filter(name => name.endsWith('.woff2'));
  return {
    main: entryOf(app.metafile, 'src/main.tsx'),
    theme: entryOf(theme.metafile, 'src/theme.ts'),
    style: entryOf(style.metafile, 'src/styles/index.css'),
    first,
    font: fonts.find(name => name.startsWith('space-grotesk')),
    inputs: [app, theme, style].flatMap(result => Object.keys(result.metafile.inputs)),
  };
}

async function writePage(made) {
  const preloads = [
    `<link rel="preload" href="/assets/${made.font}" as="font" type="font/woff2" crossorigin>`,
    ...made.first.map(name => `<link rel="modulepreload" href="/assets/${name}">`),
  ];
  const page = (await readFile(join(here, 'src', 'index.html'), 'utf8'))
    .replace('<!-- preloads -->', preloads.join('\n  '))
    .replace('/theme.js', `/assets/${made.theme}`)
    .replace('/style.css', `/assets/${made.style}`)
    .replace('/main.js', `/assets/${made.main}`);
  await writeFile(join(fresh, 'index.html'), page);
}

async function filesUnder(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map(e => (e.isDirectory() ? filesUnder(join(folder, e.name)) : [join(folder, e.name)])),
  );
  return nested.flat();
}

async function compress() {
  const sizes = [];
  for (const file of await filesUnder(fresh)) {
    const bytes = await readFile(file);
    let sent = bytes.length;
    if (texts.has(extname(file))) {
      const brotli = brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      });
      await writeFile(`${file}.br`, brotli);
      await writeFile(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      sent = brotli.length;
    }
    sizes.push(`${String(sent).padStart(8)}  ${relative(fresh, file)}`);
  }
  return sizes.sort();
}

try {
  await mkdir(fresh, { recursive: true });
  await cp(join(here, 'public'), fresh, { recursive: true });
  const made = await bundle();
  await writePage(made);
  await writeFile(join(fresh, 'licences.json'), JSON.stringify(await licences(here, made.inputs, process.argv[2])));
  const sizes = await compress();
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
  if (process.stdout.isTTY) console.log(sizes.join('\n'));
} catch (failure) {
  await rm(fresh, { recursive: true, force: true });
  console.error(String(failure?.message ?? failure));
  process.exitCode = 1;
}
