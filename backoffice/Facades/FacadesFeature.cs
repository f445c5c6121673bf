namespace Viddhana.Backoffice.Facades;

/// <summary>What pools' tools already speak: public-pool, ckpool and Miningcore, for reading.</summary>
internal static class FacadesFeature
{
    public static IServiceCollection AddFacades(this IServiceCollection services) => services
        .AddSingleton<FacadePools>()
        .AddSingleton<PublicPool>()
        .AddSingleton<Ckpool>()
        .AddSingleton<MiningcoreQueries>()
        .AddSingleton<Miningcore>();

    public static void MapFacades(this IEndpointRouteBuilder routes)
    {
        routes.MapPublicPool();
        routes.MapCkpool();
        routes.MapMiningcore();
    }
}
