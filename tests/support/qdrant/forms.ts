import * as z from 'zod';
import { refuse } from './refusal.ts';

/**
 * The bodies that our store may send, after the server's OpenAPI file of 1.19 (`docs/redoc/master/openapi.json`), with every
 * field that is not in it refused: stricter than the server, which passes over most of them.
 */

const keyword = z.union([
  z.literal('keyword'),
  z.strictObject({
    type: z.literal('keyword'),
    is_tenant: z.boolean().optional(),
    prefix: z.boolean().optional(),
  }),
]);

const id = z.union([z.uuid(), z.int().nonnegative()]);
const index = z.int().nonnegative().max(0xffff_ffff);
const sparse = z
  .strictObject({ indices: z.array(index), values: z.array(z.number()) })
  .refine(({ indices, values }) => indices.length === values.length, 'must be the same length as indices')
  .refine(({ indices }) => new Set(indices).size === indices.length, 'must be unique');

const match = z.union([
  z.strictObject({ value: z.union([z.string(), z.int(), z.boolean()]) }),
  z.strictObject({ any: z.array(z.string()) }),
]);
const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([z.strictObject({ key: z.string().min(1), match }), filter]),
);
const conditions = z.array(condition);
const filter: z.ZodType<Filter> = z.lazy(() =>
  z.strictObject({
    must: conditions.optional(),
    should: conditions.optional(),
    must_not: conditions.optional(),
  }),
);

const search = z.strictObject({
  query: z.union([sparse, z.array(z.number()).min(1)]),
  using: z.string(),
  filter: filter.optional(),
  limit: z.int().positive().max(10_000),
  with_payload: z.boolean().optional(),
  with_vector: z.union([z.boolean(), z.array(z.string())]).optional(),
  params: z
    .strictObject({
      idf: z.strictObject({ corpus: filter }).optional(),
      quantization: z
        .strictObject({ rescore: z.boolean().optional(), oversampling: z.number().min(1).optional() })
        .optional(),
    })
    .optional(),
});

export const forms = {
  create: z.strictObject({
    vectors: z
      .record(
        z.string(),
        z.strictObject({
          size: z.int().min(1).max(65_536),
          distance: z.enum(['Cosine', 'Dot', 'Euclid', 'Manhattan']),
          on_disk: z.boolean().optional(),
        }),
      )
      .optional(),
    sparse_vectors: z
      .record(z.string(), z.strictObject({ modifier: z.enum(['idf', 'none']).optional() }))
      .optional(),
    on_disk_payload: z.boolean().optional(),
    hnsw_config: z.strictObject({ m: z.int().nonnegative(), payload_m: z.int().nonnegative() }).optional(),
    quantization_config: z
      .strictObject({
        scalar: z.strictObject({
          type: z.literal('int8'),
          quantile: z.number().min(0.5).max(1).optional(),
          always_ram: z.boolean().optional(),
        }),
      })
      .optional(),
  }),
  index: z.strictObject({ field_name: z.string().min(1), field_schema: keyword }),
  upsert: z.strictObject({
    points: z
      .array(
        z.strictObject({
          id,
          vector: z.record(z.string(), z.union([z.array(z.number()), sparse])),
          payload: z.record(z.string(), z.unknown()),
        }),
      )
      .min(1),
  }),
  delete: z.strictObject({ filter }),
  retrieve: z.strictObject({
    ids: z.array(id),
    with_payload: z.boolean().optional(),
    with_vector: z.boolean().optional(),
  }),
  scroll: z.strictObject({
    filter: filter.optional(),
    limit: z.int().positive(),
    offset: id.optional(),
    with_payload: z.boolean().optional(),
    with_vector: z.boolean().optional(),
  }),
  batch: z.strictObject({ searches: z.array(search) }),
};

export interface Filter {
  must?: Condition[] | undefined;
  should?: Condition[] | undefined;
  must_not?: Condition[] | undefined;
}
export type Condition = Filter | { key: string; match: z.infer<typeof match> };
export type Sparse = z.infer<typeof sparse>;
export type Search = z.infer<typeof search>;
export type NewPoint = z.infer<typeof forms.upsert>['points'][number];
export type CollectionForm = z.infer<typeof forms.create>;

/** @throws Refusal as the server words it */
export function read<Form extends z.ZodType>(form: Form, body: unknown): z.infer<Form> {
  const result = form.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return refuse(`Format error in JSON body: ${issue?.path.join('.')}: ${issue?.message}`);
}
