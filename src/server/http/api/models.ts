import { chooseModel } from '#protocol/commands.ts';
import type { ModelsAnswer } from '#protocol/answers.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { ModelManager } from '#server/models/types.ts';
import type { Endpoint } from '../endpoint.ts';

export const listModels: Endpoint = ({ models }) => {
  const body: ModelsAnswer = { models: models.list(), presets: models.presets() };
  return { body };
};

/** Checks a choice by its preset's name, or by provider and model, and remembers it for the next conversation. */
export const setModel: Endpoint = async ({ models }, request) => {
  const { modelName, provider, customModel } = await request.command(chooseModel);
  const choice =
    modelName === undefined ? resolveCustom(models, provider, customModel) : models.resolveName(modelName);
  if (isUsable(models, choice)) await models.rememberChoice(choice);
  return { body: { success: true, modelConfig: { provider: choice.provider, model: choice.model } } };
};

function resolveCustom(models: ModelManager, provider?: string, model?: string): ModelConfig {
  if (provider === undefined || model === undefined) throw new CrosspointError('missing_model');
  return models.resolveCustom(provider, model);
}

/** A retired model has a name, and is no default. */
function isUsable(models: ModelManager, choice: ModelConfig): boolean {
  try {
    models.assertUsable(choice);
    return true;
  } catch (cause) {
    if (cause instanceof CrosspointError) return false;
    throw cause;
  }
}
