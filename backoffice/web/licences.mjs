// What the page and the programs contain of others, read from the packages themselves.
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const tag = (xml, name) => new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1]?.trim() ?? '';

async function npmPackage(home, name) {
  const folder = join(home, 'node_modules', name);
  const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} comes without its licence text`);
  return {
    name,
    version: about.version,
    licence: about.license,
    from: 'npm',
    part: 'dashboard',
    url: about.homepage ?? '',
    text: (await readFile(join(folder, file), 'utf8')).trim(),
  };
}

async function nugetPackage(folders, library) {
  const folder = folders.map(root => join(root, library.path)).find(path => existsSync(path));
  if (!folder) throw new Error(`${library.path} is not in the package folders`);
  const entries = await readdir(folder);
  const spec = await readFile(
    join(
      folder,
      entries.find(entry => entry.endsWith('.nuspec')),
    ),
    'utf8',
  );
  const file = entries.find(entry => /^licen[cs]e/i.test(entry));
  const expression = /<license type="expression">([^<]+)</.exec(spec)?.[1];
  return {
    name: tag(spec, 'id'),
    version: tag(spec, 'version'),
    licence: expression ?? (tag(spec, 'licenseUrl') || 'see text'),
    from: 'NuGet',
    part: 'backoffice',
    url: tag(spec, 'projectUrl'),
    text: [tag(spec, 'copyright'), file ? (await readFile(join(folder, file), 'utf8')).trim() : '']
      .filter(Boolean)
      .join('\n\n'),
  };
}

/** Packages that bring code into the program; analyzers and build tools do not. */
async function nuget(assetsFile) {
  if (!assetsFile || !existsSync(assetsFile)) return [];
  const assets = JSON.parse(await readFile(assetsFile, 'utf8'));
  const folders = Object.keys(assets.packageFolders);
  const names = new Set(
    Object.values(assets.targets).flatMap(target =>
      Object.entries(target)
        .filter(
          ([, made]) => made.type === 'package' && Object.keys(made.runtime ?? {}).some(path => path.endsWith('.dll')),
        )
        .map(([name]) => name),
    ),
  );
  return Promise.all([...names].map(name => nugetPackage(folders, assets.libraries[name])));
}

export async function licences(home, inputs, assetsFile) {
  const names = new Set(inputs.map(path => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
  const fixed = JSON.parse(await readFile(join(home, 'licences.fixed.json'), 'utf8'));
  const all = [
    ...(await Promise.all([...names].map(name => npmPackage(home, name)))),
    ...(await nuget(assetsFile)),
    ...fixed,
  ];
  return all.sort((a, b) => a.part.localeCompare(b.part) || a.name.localeCompare(b.name));
}
