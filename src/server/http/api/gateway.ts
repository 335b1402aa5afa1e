import type { GatewayAnswer, GatewayHealthAnswer } from '#protocol/answers.ts';
import { gatewayConfig } from '#server/gateway/routing/gateway-config.ts';
import { namedVariables } from '#server/gateway/routing/gateway-settings.ts';
import type { Endpoint, EndpointParts } from '../endpoint.ts';

/** How the gateway chooses among keys and endpoints. Keys are named by their variables: no value is ever in it. */
export const getGateway: Endpoint = (parts) => ({ body: describe(parts) });

/** The whole configuration at once; it applies to the next request. */
export const changeGateway: Endpoint = async (parts, request) => {
  const config = await request.command(gatewayConfig);
  await parts.routing.settings.change(config, parts.providerStates());
  return { body: describe(parts) };
};

/** How each endpoint that was asked has answered lately. */
export const getGatewayHealth: Endpoint = ({ routing }) => {
  const body: GatewayHealthAnswer = { endpoints: routing.health() };
  return { body };
};

function describe({ routing, config: { secretOf } }: EndpointParts): GatewayAnswer {
  const config = routing.settings.current();
  const { file } = routing.settings;
  return { config, file, readOnly: file !== null, variables: namedVariables(config, secretOf) };
}
