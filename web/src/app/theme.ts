import { Button, createTheme, type MantineColorsTuple, Paper, TextInput } from '@mantine/core';

/** The house colour: a green that reads well on white and on near-black. */
const pine: MantineColorsTuple = ['#e6faf3', '#d3f1e6', '#a6e3cd', '#76d4b3', '#4fc79d', '#37bf8f', '#28b386', '#149a70', '#0b7a5b', '#035c43'];

/** Neutrals with a breath of green, so that the answer's colours are the loudest thing in the room. */
const dark: MantineColorsTuple = ['#e3e9e7', '#bcc7c3', '#9fada8', '#6d7b76', '#46534f', '#334039', '#1f2926', '#161e1c', '#0f1614', '#0a100e'];
const gray: MantineColorsTuple = ['#f6f8f7', '#edf1ef', '#e1e7e4', '#d0d8d4', '#b4bfba', '#8e9b95', '#66736d', '#48544f', '#2c3632', '#161d1a'];

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: 8,
  colors: { pine, dark, gray },
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  headings: { fontFamily: '"Inter Variable", system-ui, sans-serif', fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Paper: Paper.extend({ defaultProps: { radius: 'lg', withBorder: true } }),
    Button: Button.extend({ defaultProps: { radius: 'md' } }),
    TextInput: TextInput.extend({ defaultProps: { radius: 'md' } }),
  },
});
