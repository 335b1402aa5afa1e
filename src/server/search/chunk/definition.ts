import type { Node } from 'web-tree-sitter';
import type { ChunkKind } from '../types.ts';
import { roleOf } from './node-roles.ts';

/** What a node defines. */
export interface Definition {
  kind: Exclude<ChunkKind, 'section' | 'text' | 'method'>;
  name: string;
  /** The name of what it belongs to where that is said in the definition itself: a receiver, `Type::name`, `a.b = …`. */
  owner: string;
  /** Where its members or statements stand; null for none. */
  body: Node | null;
}

const functionValues = new Set([
  'arrow_function',
  'function_expression',
  'function',
  'generator_function',
  'lambda',
]);
const bodies =
  /^(?:.*_body|body_statement|block|statement_block|declaration_list|field_declaration_list|compound_statement|object|script_block|interface_body)$/;

/** @returns null when the node defines nothing, or nothing with a name */
export function definitionOf(node: Node): Definition | null {
  const role = roleOf(node.type);
  if (role === 'wrapper') return wrapped(node);
  if (role === null || role === 'comment') return null;
  if (role === 'constant') return constant(node);
  const name = nameOf(node);
  if (name === '') return null;
  const cut = Math.max(name.lastIndexOf('::'), name.lastIndexOf('.'));
  const owner = cut > 0 ? name.slice(0, cut) : receiverOf(node);
  return {
    kind: role,
    name: cut > 0 ? name.slice(cut).replace(/^[:.]+/, '') : name,
    owner,
    body: bodyOf(node),
  };
}

/** The one definition that a wrapper holds; several, or none, are left to the walk. */
function wrapped(node: Node): Definition | null {
  const inner = node.namedChildren.filter(
    (child) => !['comment', 'attribute_item', 'decorator'].includes(roleOf(child.type) ?? ''),
  );
  const definitions = inner.map(definitionOf).filter((each) => each !== null);
  const [only] = definitions;
  return definitions.length === 1 && only ? only : null;
}

function nameOf(node: Node): string {
  if (node.type === 'impl_item') return implName(node);
  if (node.type === 'constructor_definition' || node.type === 'init_declaration') return 'constructor';
  const named = node.childForFieldName('name');
  if (named) return clean(named.text);
  const declarator = node.childForFieldName('declarator');
  if (declarator) return declaratorName(declarator);
  const inner = node.namedChildren.find(({ type }) =>
    /^(?:identifier|type_identifier|simple_identifier|function_name|simple_name|section_name|function_signature|name)$/.test(
      type,
    ),
  );
  if (inner?.type === 'function_signature') return nameOf(inner);
  return inner ? clean(inner.text) : '';
}

/** `impl Trait for Type` is about the type; the trait is told with it. */
function implName(node: Node): string {
  const type = clean(node.childForFieldName('type')?.text ?? '').replace(/<.*$/s, '');
  return type.split('::').at(-1) ?? '';
}

/** C and C++ wrap the name in pointers, references and parameter lists. */
function declaratorName(declarator: Node): string {
  let node: Node | null = declarator;
  for (let depth = 0; node && depth < 10; depth++) {
    if (/identifier$|^(?:destructor_name|operator_name|field_identifier)$/.test(node.type))
      return clean(node.text);
    node =
      node.childForFieldName('declarator') ??
      node.namedChildren.find(({ type }) => /declarator|identifier/.test(type)) ??
      null;
  }
  return '';
}

/** Of a method of Go: `(s *Server)`. */
function receiverOf(node: Node): string {
  const receiver = node.childForFieldName('receiver');
  return receiver?.descendantsOfType('type_identifier')[0]?.text ?? '';
}

function constant(node: Node): Definition | null {
  const declarators = node.namedChildren.filter(({ type }) => type === 'variable_declarator');
  if (declarators.length > 1) return null;
  const holder = declarators[0] ?? node;
  const target =
    holder.childForFieldName('left') ??
    holder.childForFieldName('key') ??
    holder.childForFieldName('property') ??
    holder.childForFieldName('name') ??
    holder.childForFieldName('pattern') ??
    holder.childForFieldName('declarator');
  const value = holder.childForFieldName('right') ?? holder.childForFieldName('value');
  const path = clean(target?.text ?? '').replace(/^["'`]|["'`]$/g, '');
  if (!/^[\p{L}_$#][\p{L}\p{N}_$#.:-]*$/u.test(path)) return null;
  const names = path.split('.').filter((name) => !/^(?:prototype|this|exports|module|self)$/.test(name));
  return { ...valueOf(value), name: names.at(-1) ?? path, owner: names.slice(0, -1).join('.') };
}

function valueOf(value: Node | null): Pick<Definition, 'kind' | 'body'> {
  if (value === null) return { kind: 'constant', body: null };
  if (functionValues.has(value.type)) return { kind: 'function', body: bodyOf(value) };
  if (value.type === 'class') return { kind: 'class', body: bodyOf(value) };
  return { kind: 'constant', body: value.type === 'object' ? value : null };
}

export function bodyOf(node: Node): Node | null {
  return node.childForFieldName('body') ?? node.namedChildren.find(({ type }) => bodies.test(type)) ?? null;
}

function clean(name: string): string {
  return name.replace(/\s+/g, ' ').trim().slice(0, 120);
}
