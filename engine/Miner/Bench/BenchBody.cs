namespace Viddhana.Miner.Bench;

/// <summary>
/// One thing that is measured. The same object runs under the AOT loops of <c>viddhana-miner bench</c>, under BenchmarkDotNet (JIT) and in
/// the test of bytes per operation, so that all three speak of the same work.
/// </summary>
/// <param name="name">Its name in budgets and reports: a group, a slash, a variant.</param>
/// <param name="does">What one operation is.</param>
/// <param name="operations">Operations in one call.</param>
/// <param name="run">Does them; the number is what the compiler must not leave out.</param>
internal sealed class BenchBody(string name, string does, int operations, Func<int> run)
{
    public string Name => name;

    public string Does => does;

    public int Operations => operations;

    /// <summary>Does <see cref="Operations"/> operations.</summary>
    public int Run() => run();

    /// <inheritdoc/>
    public override string ToString() => name;
}
