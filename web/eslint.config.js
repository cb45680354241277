import i18next from 'eslint-plugin-i18next';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Who may import whom: app > features > shared, api; never one feature another. Each rule names what is out of bounds. */
const bounds = (files, forbidden) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: forbidden.map(([group, message]) => ({ group: [group].flat(), message })) }],
  },
});

const features = ['session', 'check-in', 'live', 'members', 'locations', 'settings'];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'packages'] },
  ...tseslint.configs.strictTypeChecked,
  reactHooks.configs.flat['recommended-latest'],
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      // It warns users of the React Compiler, which is not used here.
      'react-hooks/incompatible-library': 'off',
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['src/**/*.tsx'],
    ignores: ['src/**/*.test.tsx', 'src/testing/**'],
    plugins: { i18next },
    rules: { 'i18next/no-literal-string': ['error', { mode: 'jsx-text-only' }] },
  },
  ...features.map((name) =>
    bounds(
      [`src/features/${name}/**`],
      [
        [features.filter((other) => other !== name).map((other) => `@/features/${other}/*`), 'A feature never imports another; app/ composes them.'],
        ['@/app/*', 'app/ composes features, not the other way round.'],
      ],
    ),
  ),
  bounds(['src/shared/**'], [[['@/app/*', '@/features/*'], 'shared/ knows nobody above it.']]),
  bounds(['src/api/**'], [[['@/app/*', '@/features/*', '@/shared/*'], 'api/ stands alone.']]),
);
