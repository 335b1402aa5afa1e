/**
 * What the nodes of the grammars are to a search, for all languages in one table: grammars call the same thing by the same
 * name, or by one that no other grammar uses.
 */
export type Role =
  /** Has a body of its own: also methods, which are told by what is around them. */
  | 'function'
  /** Holds functions. */
  | 'class'
  | 'type'
  | 'module'
  | 'constant'
  /** Says nothing itself; what it holds counts. */
  | 'wrapper'
  | 'comment';

const types: Record<Role, string> = {
  function: `function_declaration function_definition function_item function_signature function_signature_item
    generator_function_declaration method_definition method_declaration method_signature abstract_method_signature
    constructor_declaration constructor_definition method singleton_method function_statement class_method_definition
    init_declaration deinit_declaration local_function_statement modifier_definition destructor_declaration
    operator_declaration conversion_operator_declaration macro_definition preproc_function_def
    fallback_receive_definition compact_constructor_declaration protocol_function_declaration`,
  class: `class_declaration class_definition class class_specifier struct_specifier union_specifier impl_item trait_item
    abstract_class_declaration record_declaration struct_declaration class_statement contract_declaration
    library_declaration trait_declaration protocol_declaration mixin_declaration extension_declaration
    singleton_class`,
  type: `interface_declaration type_alias_declaration enum_declaration enum_item struct_item union_item type_item type_spec
    type_alias enum_specifier annotation_type_declaration delegate_declaration type_definition event_definition
    enum_statement error_declaration typealias_declaration`,
  module: `mod_item namespace_definition namespace_declaration file_scoped_namespace_declaration module internal_module
    section`,
  constant: `lexical_declaration variable_declaration const_item static_item const_declaration var_declaration
    field_declaration public_field_definition field_definition property_declaration assignment pair
    assignment_expression state_variable_declaration`,
  wrapper: `export_statement decorated_definition template_declaration ambient_declaration expression_statement
    linkage_specification foreign_mod_item preproc_if preproc_ifdef preproc_else type_declaration declaration_list
    ERROR`,
  comment: `comment line_comment block_comment documentation_comment multiline_comment attribute_item decorator
    inner_attribute_item`,
};

const roles = new Map<string, Role>();
for (const [role, names] of Object.entries(types) as [Role, string][])
  for (const name of names.split(/\s+/)) if (name) roles.set(name, role);

export function roleOf(nodeType: string): Role | null {
  return roles.get(nodeType) ?? null;
}
