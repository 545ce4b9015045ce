
namespace Ddpm.Host.Progress;

/// <summary>What a person sees of work in progress.</summary>
internal interface IView : IDisposable
{
    /// <summary>A line about the work, on the error stream.</summary>
    void Line(string text);

    /// <summary>A line of the result, on the output stream.</summary>
    void Result(string text);

    /// <summary>A bar for a piece of work, gone when it is disposed.</summary>
    IBar Bar(string title);
}

/// <summary>The progress of one piece of work.</summary>
internal interface IBar : IDisposable
{
    /// <summary>So much is done of so much.</summary>
    void Report(int done, int total) => Report(done, total, "");

    /// <summary>So much is done of so much, and what is worth knowing of it.</summary>
    void Report(int done, int total, string detail);
}
