using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Tells in the OpenAPI document who may call an endpoint, from what guards it.</summary>
internal static class AccessDocument
{
    private const string Scheme = "bearer";

    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = Scheme,
                Description = "An access token of POST /api/v1/auth/login or /wallet, or an API key (vk_…).",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context);
            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        // As the guard takes it: what is said last counts.
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<AccessNeed>().LastOrDefault() is not { } need) return;

        var who = need.Role == Role.Miner ? "Needs a login" : $"Needs the role {need.Role.Text()}";
        operation.Description = $"{who}{(need.IsSessionOnly ? "; an API key does not do" : "")}.";
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
        operation.Responses ??= [];
        operation.Responses.TryAdd("401", new OpenApiResponse { Description = "Nobody, or a token that is good no more" });
        operation.Responses.TryAdd("403", new OpenApiResponse { Description = "Not for this role, scope or kind of token" });
    }
}
