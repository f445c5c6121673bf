using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;

namespace Viddhana.Backoffice.Pools;

/// <summary>
/// The OpenAPI document at <c>/openapi/v1.json</c>: made from the endpoints themselves, and a test compares answers with it.
/// </summary>
internal static class ApiDescription
{
    private const string About =
        """
        Reading needs no account. Amounts are text in base units beside a decimal; times are RFC 3339 in UTC; hash rates are hashes per
        second. Lists are pages: give `next` as `cursor`. Answers have an ETag. Errors are problem+json with a `code` for programs.
        """;

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Viddhana", Version = "v1", Description = About };
            // Where it is served is for the caller to know.
            document.Servers = [];
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(ProblemDetails)) AddCode(schema);
            return Task.CompletedTask;
        });
    });

    private static void AddCode(OpenApiSchema schema)
    {
        schema.Properties ??= new Dictionary<string, IOpenApiSchema>();
        schema.Properties["code"] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = "A word for programs that never changes: no-pool, bad-cursor.",
        };
    }
}
