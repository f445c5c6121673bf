namespace Viddhana.Tests.Engine.Node;

/// <summary>Waits for something that other threads bring about. The bound is generous: it only ends a test that has failed.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task True(Func<bool> condition, string what)
    {
        var end = DateTime.UtcNow + Patience;
        while (!condition())
        {
            if (DateTime.UtcNow > end) Assert.Fail($"waited in vain until {what}");
            await Task.Delay(5);
        }
    }

    /// <summary>The task's result, or a failure that names what was waited for.</summary>
    public static async Task<T> Result<T>(Task<T> task, string what)
    {
        if (await Task.WhenAny(task, Task.Delay(Patience)) != task) Assert.Fail($"waited in vain for {what}");
        return await task;
    }
}
