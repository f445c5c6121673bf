namespace Viddhana.Tests.Web;

/// <summary>What every page has.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ShellTests
{
    private static readonly string[] Paths = ["/", "/pools", "/pools/btc", "/blocks", "/leaderboard", "/connect", "/about"];

    [Test]
    [Category("Screenshots")]
    public async Task Every_public_page_is_sound_at_every_size_and_theme([ValueSource(typeof(Look), nameof(Look.All))] Look look)
    {
        await using var site = await Site.OpenAsync("/", look);
        foreach (var path in Paths)
        {
            await site.GoAsync(path);
            await site.AssertSoundAsync();
            await site.ShotAsync(path == "/" ? "home" : path[1..].Replace('/', '-'), isWhole: true);
        }
    }
}
